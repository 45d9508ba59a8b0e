{{ every_row_once('consents') }}
