-- The trace that queued a job (W3C traceparent), so that its attempts belong to it.
alter table jobs add column traceparent text constraint jobs_traceparent_length check (char_length(traceparent) <= 55);
