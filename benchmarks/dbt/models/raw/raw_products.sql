{{ csv('products.csv') }}
