{{ kept(ref('judged_contacts')) }}
