/** Where the page begins that is one file: it checks receipts with no server, opened from a disk. */
import { mount } from 'svelte';
import ReceiptCheck from './ReceiptCheck.svelte';
import '../styles/theme.css';
import '../styles/base.css';

const target = document.getElementById('app');
if (target !== null) mount(ReceiptCheck, { target });
