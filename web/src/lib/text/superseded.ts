// Which messages of a conversation are shown.
import type { Message } from '$lib/api/types';

/** Without questions whose answer failed or was stopped, if the very next message asks the same again. */
export function withoutRepeated(messages: Message[]): Message[] {
  const repeated = (at: number): boolean => {
    const [question, reply, next] = [messages[at], messages[at + 1], messages[at + 2]];
    if (question?.role !== 'user' || reply?.role !== 'assistant' || next?.role !== 'user') return false;
    return (reply.status === 'failed' || reply.status === 'stopped') && next.content === question.content;
  };
  return messages.filter((_, at) => !repeated(at) && !repeated(at - 1));
}
