-- Nearness of tokens (ADR 54) speaks for a chunk, or against it, beside relevance and words: across languages these two alone told a collection
-- without the answer from one with it in two of three cases. Fitted by ./stack calibrate (docs/retrieval.md).
alter table embedding_models
  -- How much nearness, less its base, is added to the relevance before it is compared with relevant_read and the others.
  add column nearness_evidence double precision not null default 0,
  -- The nearness that speaks neither for nor against: query and chunk in one language, in two.
  add column nearness_base double precision not null default 0,
  add column nearness_base_across double precision not null default 0;
update embedding_models set nearness_evidence = 5, nearness_base = 0.666, nearness_base_across = 0.6366 where id = 'multilingual-e5-small';
