// Tailwind makes the one style sheet of the console.

export default { plugins: { '@tailwindcss/postcss': {} } };
