import { expect, it } from 'vitest';
import type { Message, StreamEvent } from '$lib/api/types';
import { applyEvent } from './answer-events';

const message = (): Message =>
  ({ content: '', status: 'pending', left_out: [], finish_reason: null }) as unknown as Message;
const thinking = (content: string): StreamEvent => ({ type: 'thinking', content });

it('thoughts grow until the answer begins', () => {
  const answer = message();
  applyEvent(answer, thinking('Let me '));
  applyEvent(answer, thinking('see.'));
  expect(answer.thoughts).toMatchObject({ text: 'Let me see.', ended: null });
  expect(answer.status).toBe('pending');
  applyEvent(answer, { type: 'chunk', content: 'At six.' });
  expect(answer.thoughts?.ended).toBeTypeOf('number');
});

it('thoughts without end are cut', () => {
  const answer = message();
  for (let n = 0; n < 300; n += 1) applyEvent(answer, thinking('x'.repeat(1_000)));
  expect(answer.thoughts?.text.length).toBe(100_000);
});

it('an answer that is stopped while the model thinks has thought', () => {
  const answer = message();
  applyEvent(answer, thinking('Hm'));
  expect(applyEvent(answer, { type: 'stopped' })).toBe(true);
  expect(answer.thoughts?.ended).toBeTypeOf('number');
});

it('the end says why the model stopped, and what was left out is kept', () => {
  const answer = message();
  applyEvent(answer, { type: 'left_out', parts: ['turns'] });
  const usage = { prompt_tokens: 1, completion_tokens: 2, cost: null };
  expect(applyEvent(answer, { type: 'done', usage, citations: [], uncited: [], finish_reason: 'length' })).toBe(true);
  expect([answer.status, answer.finish_reason, answer.left_out]).toEqual(['done', 'length', ['turns']]);
});
