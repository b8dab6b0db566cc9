// Where links to pages were; import ui/page-link.tsx.

export { PageLink } from '../ui/page-link.tsx';
