{{ every_row_once('suppressions') }}
