// What the pages do beyond HTML. Everything can be read and searched without it.

import { startClock } from "./clock.js";
import { startCountdowns } from "./countdown.js";
import { startCopyButtons } from "./copy.js";
import { startKeys } from "./keys.js";
import { startFirstEvent, startRefresh } from "./refresh.js";
import { startSearch } from "./search.js";

startClock();
startCountdowns();
startCopyButtons();
startKeys();
startRefresh();
startFirstEvent();
startSearch();
