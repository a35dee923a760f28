// What a browser says of itself, in two words that its owner knows. A guess: a client can say anything.

export interface Client {
  /** Empty where it is nothing that we know. */
  browser: string;
  system: string;
  kind: 'computer' | 'phone' | 'program';
}

// In this order: most browsers also call themselves what others are.
const BROWSERS: [RegExp, string][] = [
  [/Edg(?:e|A|iOS)?\//, 'Edge'],
  [/OPR\/|Opera/, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Vivaldi\//, 'Vivaldi'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\/|Chromium\//, 'Chrome'],
  [/Version\/.*Safari\//, 'Safari']
];

const SYSTEMS: [RegExp, string, Client['kind']][] = [
  [/iPhone/, 'iPhone', 'phone'],
  [/iPad/, 'iPad', 'phone'],
  [/Android/, 'Android', 'phone'],
  [/Windows/, 'Windows', 'computer'],
  [/Mac OS X|Macintosh/, 'macOS', 'computer'],
  [/CrOS/, 'ChromeOS', 'computer'],
  [/Linux|X11/, 'Linux', 'computer']
];

export function readUserAgent(text: string): Client {
  const browser = BROWSERS.find(([mark]) => mark.test(text))?.[1];
  const [, system = '', kind = 'computer'] = SYSTEMS.find(([mark]) => mark.test(text)) ?? [];
  if (browser) return { browser, system, kind };
  // Programs name themselves first: `curl/8.5.0`.
  const program = /^([A-Za-z][\w.-]{0,30})\//.exec(text)?.[1] ?? '';
  return { browser: program === 'Mozilla' ? '' : program, system, kind: program === 'Mozilla' ? kind : 'program' };
}
