{{ every_row_once('customers') }}
