-- Pages of websites whose scripts ran before their text was read. Validators of a page count only while pages are read as it was.

alter table website_pages add column is_rendered boolean not null default false;
