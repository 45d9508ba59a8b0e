{{ csv('customers.csv') }}
