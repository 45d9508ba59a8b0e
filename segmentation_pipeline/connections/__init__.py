"""The only room that speaks to databases and object stores; their libraries are imported on first use."""
