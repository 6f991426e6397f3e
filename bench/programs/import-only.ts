// The addon is loaded when it is first needed, so this does not load it.
import 'matmq';
