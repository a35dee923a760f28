import { expect, it } from 'vitest';
import type { Message } from '$lib/api/types';
import { isContinuable } from './unfinished';

const answer = (part: Partial<Message>): Message =>
  ({ role: 'assistant', content: 'At', status: 'done', finish_reason: null, model: 'm', ...part }) as Message;

it('an answer that was cut off, stopped or interrupted can be continued', () => {
  expect(isContinuable(answer({ finish_reason: 'length' }), true)).toBe(true);
  expect(isContinuable(answer({ finish_reason: 'content_filter' }), true)).toBe(true);
  expect(isContinuable(answer({ status: 'stopped' }), true)).toBe(true);
  expect(isContinuable(answer({ status: 'failed', finish_reason: 'truncated' }), true)).toBe(true);
});

it('nothing else can', () => {
  expect(isContinuable(answer({ finish_reason: 'stop' }), true)).toBe(false);
  expect(isContinuable(answer({}), true)).toBe(false);
  expect(isContinuable(answer({ finish_reason: 'length' }), false)).toBe(false);
  expect(isContinuable(answer({ status: 'failed', content: ' ' }), true)).toBe(false);
  expect(isContinuable(answer({ status: 'stopped', model: 'extractive' }), true)).toBe(false);
  expect(isContinuable(answer({ status: 'stopped', model: null }), true)).toBe(false);
  expect(isContinuable(answer({ status: 'streaming' }), true)).toBe(false);
});
