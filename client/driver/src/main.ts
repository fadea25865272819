import '@kanvoy/kit/base.css';
import './driver.css';
import '@kanvoy/kit/theme.svelte.ts';
import { mount } from 'svelte';
import App from './App.svelte';
import { work_offline } from './offline/worker.ts';

const target = document.getElementById('app');
if (target !== null) mount(App, { target });
void work_offline();
