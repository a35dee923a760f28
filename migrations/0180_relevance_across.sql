-- Cosines between two languages are lower than within one, so a text in the language of the query stood before the one that has the answer.
-- Measured in docs/retrieval.md.

alter table embedding_models
  -- Added to the relevance of a chunk in another language than the query's.
  add column relevance_across float8 not null default 0;

update embedding_models set relevance_across = 0.25, relevant_across = relevant_across + 0.25 where id = 'multilingual-e5-small';
