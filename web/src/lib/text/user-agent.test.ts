import { expect, it } from 'vitest';
import { readUserAgent } from './user-agent';

it('knows the usual browsers by their own name, not by what they imitate', () => {
  const windows =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36';
  expect(readUserAgent(windows)).toEqual({ browser: 'Chrome', system: 'Windows', kind: 'computer' });
  expect(readUserAgent(`${windows} Edg/126.0`).browser).toBe('Edge');
  expect(readUserAgent(`${windows} OPR/111.0`).browser).toBe('Opera');
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
  expect(readUserAgent(firefox)).toEqual({ browser: 'Firefox', system: 'Linux', kind: 'computer' });
  const safari =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15';
  expect(readUserAgent(safari)).toEqual({ browser: 'Safari', system: 'macOS', kind: 'computer' });
});

it('tells phones from computers', () => {
  const iphone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
  expect(readUserAgent(iphone)).toEqual({ browser: 'Safari', system: 'iPhone', kind: 'phone' });
  const android = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36';
  expect(readUserAgent(android)).toEqual({ browser: 'Chrome', system: 'Android', kind: 'phone' });
});

it('shows programs by their name and leaves empty what it cannot tell', () => {
  expect(readUserAgent('curl/8.5.0')).toEqual({ browser: 'curl', system: '', kind: 'program' });
  expect(readUserAgent('')).toEqual({ browser: '', system: '', kind: 'program' });
  expect(readUserAgent('Mozilla/5.0')).toEqual({ browser: '', system: '', kind: 'computer' });
});
