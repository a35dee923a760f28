// Runs before the first paint, as a file because the page allows no inline script: the stored theme and language.
(function () {
  try {
    var theme = localStorage.getItem('tessera.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
    var language = localStorage.getItem('tessera.language');
    if (language === 'sv' || language === 'en') document.documentElement.lang = language;
  } catch {
    // Storage may be forbidden; the system's theme applies.
  }
})();
