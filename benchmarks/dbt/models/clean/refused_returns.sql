{{ refused(ref('judged_returns')) }}
