-- What a question names: who answers it (`@`), and what it is about (`#`). An answer that is written again keeps to it.
alter table messages add column mentions jsonb;
