{{ every_row_once('contacts') }}
