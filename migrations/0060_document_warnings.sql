-- What the reader of a document could not read or left out: [{"kind": "unmapped_letters", "count": 12, "pages": [2, 3]}, …].
alter table documents add column warnings jsonb not null default '[]'
  constraint documents_warnings_list check (jsonb_typeof(warnings) = 'array' and octet_length(warnings::text) <= 65536);
