// Wraps an adapter: moves the bootstrap script that SvelteKit writes into index.html to a file of its own,
// so that the page runs under `script-src 'self'` with no hash and no nonce to keep in step.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const INLINE_SCRIPT = /<script>([\s\S]*?)<\/script>/g;

/**
 * @param {string} html
 * @returns {{ html: string, files: { path: string, source: string }[] }}
 */
export function moveScriptsOut(html) {
  /** @type {{ path: string, source: string }[]} */
  const files = [];
  const moved = html.replace(INLINE_SCRIPT, (_, source) => {
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 12);
    const path = `_app/immutable/start/boot.${hash}.js`;
    files.push({ path, source: source.trim() + '\n' });
    return `<script src="/${path}"></script>`;
  });
  return { html: moved, files };
}

/**
 * @param {import('@sveltejs/kit').Adapter} adapter
 * @param {string} [folder] where the adapter writes
 * @returns {import('@sveltejs/kit').Adapter}
 */
export function withoutInlineScripts(adapter, folder = 'build') {
  return {
    ...adapter,
    async adapt(builder) {
      await adapter.adapt(builder);
      const page = join(folder, 'index.html');
      const { html, files } = moveScriptsOut(readFileSync(page, 'utf8'));
      for (const { path, source } of files) {
        mkdirSync(join(folder, path, '..'), { recursive: true });
        writeFileSync(join(folder, path), source);
      }
      writeFileSync(page, html);
      // After the change, so that what is served compressed is the same.
      await builder.compress(folder);
    }
  };
}
