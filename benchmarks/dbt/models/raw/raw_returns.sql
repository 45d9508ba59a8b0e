{{ csv('returns.csv') }}
