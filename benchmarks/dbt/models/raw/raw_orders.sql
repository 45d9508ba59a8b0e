{{ csv('orders_*.csv') }}
