-- What speaks for a chunk is nearness in meaning and the query's words together. Measured in docs/retrieval.md, as are the thresholds.

alter table embedding_models
  -- How much of the lexical score (0 to 1) is added to the relevance before it is compared with relevant_read and the others.
  add column lexical_evidence float8 not null default 0,
  -- Whether words alone can show that a chunk has to do with the query. If the query has no vector, they always can.
  add column lexical_suffices boolean not null default true;

update embedding_models set lexical_evidence = 0.25, lexical_suffices = false, relevant_read = 0.56, relevant_across = 0.265, relevant_unread = 0.56
 where id = 'multilingual-e5-small';
