"""What a project has that files and configuration do not give again, as one archive, and the way back."""
