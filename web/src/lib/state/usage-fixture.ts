// What tests of usage start from.
import type { UsageTotals } from '$lib/api/types';

/** Nothing was used. */
export const noUsage: UsageTotals = {
  calls: 0,
  requests: 0,
  failed_calls: 0,
  prompt_tokens: 0,
  cached_read_tokens: 0,
  cached_write_tokens: 0,
  completion_tokens: 0,
  reasoning_tokens: 0,
  cost: '0',
  unpriced_calls: 0,
  estimated_calls: 0
};
