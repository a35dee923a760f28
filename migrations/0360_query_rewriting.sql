-- A question that refers to what was said is rewritten for the search: a purpose of its own (ADR 68).

alter table usage_records
  drop constraint usage_records_purpose_known,
  add constraint usage_records_purpose_known check (purpose in ('chat', 'title', 'rerank', 'transcription', 'rewrite'));
