{{ csv('suppressions.csv') }}
