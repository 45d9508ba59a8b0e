"""Files that platforms take, as data: one YAML file per platform, and the spellings they ask for."""
