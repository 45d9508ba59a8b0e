"""How a project begins: from files that somebody has to configuration that reads them right."""
