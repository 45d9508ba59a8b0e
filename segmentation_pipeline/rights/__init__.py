"""What people may ask about themselves: to be erased, and to be told what is held."""
