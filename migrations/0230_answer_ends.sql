-- How an answer ended, and what did not fit into its prompt.

alter table messages
  -- Why the model stopped; null: not known, as for a question and for an answer that is being written.
  add column finish_reason text
    constraint messages_finish_reason_known check (finish_reason in ('stop', 'length', 'content_filter', 'refusal', 'truncated', 'other')),
  -- Parts of the prompt that were left out, or cut.
  add column left_out text[] not null default '{}'
    constraint messages_left_out_known check (left_out <@ array['turns', 'sources', 'attachments']);
