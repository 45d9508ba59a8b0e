{{ every_row_once('returns') }}
