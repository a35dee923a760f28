// SvelteKit's generated root component hides its announcer with a style attribute, which `style-src 'self'` refuses.
// The attribute is dropped here; app.css hides the announcer. `style:` directives set properties by script and may stay.

/** @type {import('svelte/compiler').PreprocessorGroup} */
export const withoutStyleAttributes = {
  name: 'without-style-attributes',
  markup({ content, filename }) {
    if (!filename?.endsWith('root.svelte')) return;
    return { code: content.replace(/(id="svelte-announcer"[^>]*?)\sstyle="[^"]*"/g, '$1') };
  }
};
