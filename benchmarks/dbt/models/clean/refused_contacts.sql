{{ refused(ref('judged_contacts')) }}
