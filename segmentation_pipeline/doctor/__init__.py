"""What a person looks at when something is odd: the machine, the installation, the project's files and its last run."""
