select *, row_number() over () as _row
from read_ndjson_auto('{{ env_var("RAW") }}/consents.jsonl', ignore_errors = true)
