// Whether an answer lacks its end, and can be continued.
import type { Message } from '$lib/api/types';
import { isBuiltIn } from './answerer';

const CUT: ReadonlySet<Message['finish_reason']> = new Set(['length', 'content_filter', 'truncated', 'other']);

/** As the server decides too. Only the last message of a conversation goes on. */
export function isContinuable(message: Message, isLast: boolean): boolean {
  if (!isLast || message.role !== 'assistant' || !message.content.trim()) return false;
  // An answer that the built-in answerer wrote is made of quotations.
  if (!message.model || isBuiltIn(message.model) || message.imported_from) return false;
  if (message.status === 'stopped' || message.status === 'failed') return true;
  return message.status === 'done' && CUT.has(message.finish_reason);
}
