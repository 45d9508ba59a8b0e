{{ every_row_once('order_items') }}
