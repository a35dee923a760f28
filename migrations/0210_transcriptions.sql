-- Calls of models that write down what is said, and what they are billed by.

alter table usage_records
  -- Of a transcription: what its provider bills beside tokens; a second that has begun counts.
  add column audio_seconds bigint not null default 0 constraint usage_records_audio_seconds_not_negative check (audio_seconds >= 0),
  drop constraint usage_records_purpose_known,
  add constraint usage_records_purpose_known check (purpose in ('chat', 'title', 'rerank', 'transcription'));
