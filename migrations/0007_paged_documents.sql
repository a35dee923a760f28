-- Whether a document has pages of its own (PDF, slides) or was divided by us into stretches that are good to store and show: only
-- a page that the reader can find in the original is told to him.
alter table documents add column paged boolean not null default true;
