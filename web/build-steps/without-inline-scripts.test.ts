import { describe, expect, it } from 'vitest';
import { moveScriptsOut } from './without-inline-scripts.js';

describe('moving scripts out of a page', () => {
  it('leaves no inline script, and keeps those with an address', () => {
    const { html, files } = moveScriptsOut('<script src="/a.js"></script><div><script>\n  go();\n</script></div>');
    expect(html).toMatch(
      /^<script src="\/a\.js"><\/script><div><script src="\/_app\/immutable\/start\/boot\.[0-9a-f]{12}\.js"><\/script><\/div>$/
    );
    expect(files).toHaveLength(1);
    expect(files[0]?.source).toBe('go();\n');
    expect(html).toContain(files[0]?.path);
  });

  it('names a file by its content, so that caches never hold the wrong one', () => {
    const path = (script: string) => moveScriptsOut(`<script>${script}</script>`).files[0]?.path;
    expect(path('a()')).toBe(path('a()'));
    expect(path('a()')).not.toBe(path('b()'));
  });
});
