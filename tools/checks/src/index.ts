export { commandsOf, isSeen, specRun, titleOf, type Commands } from './pages/page-commands.js';
