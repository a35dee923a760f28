-- Embedding models are rows: what a collection's chunks were embedded with, and how its cosines are read.
--
-- relevance = cosine_scale * (cosine - cosine_base), so that the relevance of chunks of several models can be compared.
-- A query is read if its language is among `languages` (names of Postgres dictionaries; null: every language).

create table embedding_models (
  id                    text primary key,
  dimensions            int not null check (dimensions > 0),
  window_tokens         int not null check (window_tokens > 0),
  query_prefix          text not null default '',
  passage_prefix        text not null default '',
  languages             text[],
  cosine_base           float8 not null,
  cosine_scale          float8 not null check (cosine_scale > 0),
  -- Weight of the lexical retriever: query and chunk in one language, in two, and if the model does not read the query.
  lexical_weight        float8 not null,
  lexical_weight_across float8 not null,
  lexical_weight_unread float8 not null,
  -- Relevance from which on a chunk has to do with the query: query and chunk read, one of them, none.
  relevant_read         float8 not null,
  relevant_across       float8 not null,
  relevant_unread       float8 not null,
  licence               text not null
);

insert into embedding_models values
  ('all-MiniLM-L6-v2', 384, 512, '', '', '{english}', 0, 1, 0.25, 0.25, 1, 0.33, 0.25, 0.75, 'Apache-2.0'),
  ('multilingual-e5-small', 384, 512, 'query: ', 'passage: ', null, 0.72, 4, 0.25, 0.05, 1, 0.36, 0.36, 0.36, 'MIT');

alter table collections add foreign key (embedding_model) references embedding_models (id);
