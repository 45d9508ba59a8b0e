{{ csv('campaign_contacts.csv') }}
