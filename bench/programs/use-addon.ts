import { versions } from 'matmq';

versions();
