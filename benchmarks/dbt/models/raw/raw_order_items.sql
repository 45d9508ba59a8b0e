{{ csv('order_items.csv.gz') }}
