{{ every_row_once('orders') }}
