/* SPDX-License-Identifier: MIT */
/*
 * What each line of tests/vectors/mk3.psv says, checked by hand against the
 * meaning that its source gives.
 */
#ifndef BMS_TESTS_MK3_EXPECTED_H
#define BMS_TESTS_MK3_EXPECTED_H

#include <stddef.h>

/* Without the braces, and ' for ": NULL is refused. */
struct expected {
	const char *id;
	const char *text;
};

static const struct expected expected[] = {
	{ "V01", "'kind':'version-request'" },
	{ "V02",
	  "'kind':'version','version':1130134,'family':'mk2',"
	  "'mode':'addressed','mode_byte':0" },
	{ "V04",
	  "'kind':'version','version':1170212,'family':'mk3',"
	  "'mode':'no-address','mode_byte':66" },
	{ "V05",
	  "'kind':'version','version':1170212,'family':'mk3',"
	  "'mode':'addressed','mode_byte':0" },
	{ "V06",
	  "'kind':'version','version':1170216,'family':'mk3',"
	  "'mode':'no-address','mode_byte':66" },
	{ "V07",
	  "'kind':'version','version':1170216,'family':'mk3',"
	  "'mode':'addressed','mode_byte':0" },
	{ "A01", "'kind':'address','action':'set','address':0" },
	{ "N01", "'kind':'high-speed'" },
	{ "N02", NULL },
	{ "Q01", "'kind':'reset'" },
	{ "S00", "'kind':'switch-reply'" },
	{ "L01", "'kind':'leds-request'" },
	{ "L02",
	  "'kind':'leds','on_bits':3,'blink_bits':0,'alarm_bits':0,"
	  "'error':0,'error_flag_bits':0" },
	{ "L03",
	  "'kind':'leds','on_bits':9,'blink_bits':0,'alarm_bits':0,"
	  "'error':0,'error_flag_bits':0" },
	{ "F01", "'kind':'dc-request','number':0" },
	{ "F02", "'kind':'ac-request','number':1" },
	{ "F03", "'kind':'snapshot-request','number':6,'data':'0E100F'" },
	{ "F10",
	  "'kind':'dc','voltage_raw':1441,'inverter_current_raw':0,"
	  "'charger_current_raw':40,'period_raw':136" },
	{ "F11",
	  "'kind':'dc','voltage_raw':2638,'inverter_current_raw':0,"
	  "'charger_current_raw':0,'period_raw':136" },
	{ "F12",
	  "'kind':'ac','phase':1,'phases':1,'state_main':9,"
	  "'mains_factor':1,'inverter_factor':1,"
	  "'mains_voltage_raw':22698,'mains_current_raw':171,"
	  "'out_voltage_raw':22698,'out_current_raw':154,"
	  "'period_raw':195" },
	{ "F14",
	  "'kind':'ac','phase':1,'phases':1,'state_main':9,"
	  "'mains_factor':1,'inverter_factor':1,"
	  "'mains_voltage_raw':23276,'mains_current_raw':-161,"
	  "'out_voltage_raw':23276,'out_current_raw':8,"
	  "'period_raw':195" },
	{ "F15",
	  "'kind':'config','led_on_bits':5,'led_blink_bits':0,"
	  "'status':0,'input_bits':148,'limit_min_a':9.4,"
	  "'limit_max_a':50.0,'limit_a':9.9,'switch_bits':119,"
	  "'mode':'on'" },
	{ "F16",
	  "'kind':'config','led_on_bits':0,'led_blink_bits':0,"
	  "'status':0,'input_bits':145,'limit_min_a':10.0,"
	  "'limit_max_a':50.0,'limit_a':20.0,'switch_bits':51,"
	  "'mode':'on'" },
	{ "R00T", "'kind':'ram-info-request','letter':'W','code':54,'id':0" },
	{ "R13T",
	  "'kind':'ram-info-request','letter':'W','code':54,'id':13" },
	{ "R02",
	  "'kind':'ram-info','letter':'W','code':142,"
	  "'supported':true,'signed':true,'multiplier':1,"
	  "'divisor':100,'offset':0" },
	{ "R03",
	  "'kind':'ram-info','letter':'W','code':142,"
	  "'supported':true,'signed':false,'multiplier':1,"
	  "'divisor':1961,'offset':256" },
	{ "R05",
	  "'kind':'ram-info','letter':'W','code':142,"
	  "'supported':true,'bit':3" },
	{ "R06",
	  "'kind':'ram-info','letter':'W','code':142,"
	  "'supported':true,'bit':0" },
	{ "R07",
	  "'kind':'ram-info','letter':'W','code':142,"
	  "'supported':true,'bit':1" },
	{ "R08",
	  "'kind':'ram-info','letter':'W','code':142,"
	  "'supported':true,'bit':5" },
	{ "R09",
	  "'kind':'ram-info','letter':'W','code':142,"
	  "'supported':true,'signed':false,'multiplier':1,"
	  "'divisor':200,'offset':0" },
	{ "R10T", "'kind':'ram-info-request','letter':'Y','code':54,'id':0" },
	{ "R11",
	  "'kind':'ram-info','letter':'Z','code':142,"
	  "'supported':false" },
	{ "R12",
	  "'kind':'ram-info','letter':'X','code':142,"
	  "'supported':false" },
	{ "M01",
	  "'kind':'read-ram-request','letter':'W','code':48,"
	  "'ids':[13,0]" },
	{ "M03",
	  "'kind':'read-ram-request','letter':'X','code':48,"
	  "'ids':[128,0]" },
	{ "M04",
	  "'kind':'ram','letter':'X','code':133,'values_raw':[144,"
	  "22881]" },
	{ "M05",
	  "'kind':'read-ram-request','letter':'W','code':48,"
	  "'ids':[128,0]" },
	{ "M07",
	  "'kind':'ram','letter':'W','code':133,'values_raw':[1,"
	  "23331]" },
	{ "M08",
	  "'kind':'read-ram-request','letter':'Y','code':48,"
	  "'ids':[134,0]" },
	{ "M09",
	  "'kind':'read-ram-request','letter':'W','code':48,"
	  "'ids':[129,0]" },
	{ "M11",
	  "'kind':'ram','letter':'W','code':133,'values_raw':[65524,"
	  "22848]" },
	{ "M12",
	  "'kind':'ram','letter':'Y','code':133,'values_raw':[65413]" },
	{ "M13", "'kind':'ram','letter':'Y','code':133,'values_raw':[5302]" },
	{ "P01",
	  "'kind':'read-snapshot-request','letter':'X','code':56,"
	  "'data':''" },
	{ "P02",
	  "'kind':'snapshot','letter':'X','code':153,"
	  "'values_raw':[-375,5,370]" },
	{ "D01",
	  "'kind':'device-state-request','letter':'W','code':14,"
	  "'argument':0" },
	{ "D02",
	  "'kind':'device-state','letter':'W','code':148,"
	  "'state_main':8,'state_sub':1,'state':'Pass-through'" },
	{ "D03",
	  "'kind':'device-state','letter':'Y','code':148,"
	  "'state_main':9,'state_sub':2,'state':'Absorption'" },
	{ "D04",
	  "'kind':'version','version':1130132,'family':'mk2',"
	  "'mode':'addressed','mode_byte':0" },
	{ "W02",
	  "'kind':'unit-version-low-request','letter':'X','code':5,"
	  "'data':''" },
	{ "W03",
	  "'kind':'unit-version-low','letter':'X','code':130,"
	  "'low_word':26864" },
	{ "W04",
	  "'kind':'unit-version-high-request','letter':'Y','code':6,"
	  "'data':''" },
	{ "W05",
	  "'kind':'unit-version-high','letter':'Y','code':131,"
	  "'high_word':40" },
	{ "C01",
	  "'kind':'read-setting-request','letter':'X','code':49,"
	  "'id':0" },
	{ "C02",
	  "'kind':'setting','letter':'X','code':134,'value_raw':33076" },
	{ "C03",
	  "'kind':'setting','letter':'X','code':134,"
	  "'value_raw':33076,'appended_on_bits':null,"
	  "'appended_blink_bits':null" },
	{ "C05",
	  "'kind':'setting-info','letter':'Y','code':137,"
	  "'supported':false" },
	{ "C06",
	  "'kind':'write','letter':'Y','code':55,'target':'setting',"
	  "'flag_bits':1,'writes_eeprom':true,'id':64,"
	  "'value_raw':2000" },
	{ "C08",
	  "'kind':'write','letter':'X','code':55,'target':'setting',"
	  "'flag_bits':1,'writes_eeprom':true,'id':2,'value_raw':5680" },
	{ "C09",
	  "'kind':'setting-info','letter':'X','code':137,"
	  "'supported':true,'sc':1,'offset':0,'default_raw':0,"
	  "'minimum_raw':0,'maximum_raw':null,'access_bits':null" },
	{ "C10",
	  "'kind':'setting-info-maximum','letter':'X','code':141,"
	  "'value_raw':65330" },
	{ "C11", "'kind':'setting','letter':'Y','code':134,'value_raw':242" },
	{ "C12",
	  "'kind':'setting-written','letter':'Y','code':136,"
	  "'data':'0000'" },
	{ "X01",
	  "'kind':'write','letter':'Z','code':55,'target':'ram',"
	  "'flag_bits':0,'writes_eeprom':false,'id':131,"
	  "'value_raw':370" },
	{ "X02", "'kind':'ram-written','letter':'Z','code':135,'data':''" },
	{ "X03", "'kind':'ram-written','letter':'X','code':135,'data':''" },
	{ "X04",
	  "'kind':'write','letter':'W','code':55,'target':'ram',"
	  "'flag_bits':0,'writes_eeprom':false,'id':129,"
	  "'value_raw':200" },
	{ "X05",
	  "'kind':'write','letter':'W','code':55,'target':'ram',"
	  "'flag_bits':0,'writes_eeprom':false,'id':129,"
	  "'value_raw':230" },
	{ "X06", "'kind':'ram-written','letter':'W','code':135,'data':''" },
	{ "X07",
	  "'kind':'write-ram-select','letter':'W','code':50,'id':129" },
	{ "X08",
	  "'kind':'write-data','letter':'W','code':52,'value_raw':200" },
	{ "X09",
	  "'kind':'not-recognised','letter':'W','code':128,"
	  "'data':'00'" },
	{ "X10",
	  "'kind':'not-recognised','letter':'Y','code':128,"
	  "'data':'0000'" },
	{ "X11",
	  "'kind':'write','letter':'X','code':55,'target':'setting',"
	  "'flag_bits':1,'writes_eeprom':true,'id':0,"
	  "'value_raw':33044" },
	{ "X12",
	  "'kind':'write','letter':'X','code':55,'target':'setting',"
	  "'flag_bits':1,'writes_eeprom':true,'id':0,"
	  "'value_raw':33108" },
	{ "S01",
	  "'kind':'switch','state':'on','limit_a':12.5,"
	  "'flag_bits':128" },
	{ "S02",
	  "'kind':'switch','state':'on','limit_a':428.8,'flag_bits':1" },
	{ "S03",
	  "'kind':'switch','state':'on','limit_a':null,"
	  "'flag_bits':64,'extra_bits':4" },
	{ "S04",
	  "'kind':'switch','state':'none','limit_a':0.0,"
	  "'flag_bits':144,'extra_bits':1" },
	{ "S05",
	  "'kind':'switch','state':'on','limit_a':null,"
	  "'flag_bits':128" },
	{ "S06",
	  "'kind':'switch','state':'charger-only','limit_a':null,"
	  "'flag_bits':128" },
	{ "S07",
	  "'kind':'switch','state':'inverter-only','limit_a':null,"
	  "'flag_bits':128" },
	{ "S08",
	  "'kind':'switch','state':'off','limit_a':null,"
	  "'flag_bits':128" },
	{ "S09", "'kind':'switch-reply'" },
	{ "H01",
	  "'kind':'lines','panel_detect':true,'standby':true,"
	  "'line_bits':3" },
	{ "H02", "'kind':'lines-request'" },
	{ "H03",
	  "'kind':'lines','panel_detect':true,'standby':false,"
	  "'line_bits':5" },
	{ "B01", "'kind':'battery-limits','number':9,'data':'0300F401'" },
	{ "B02", "'kind':'battery-limits','number':9,'data':'03000000'" },
	{ "Y01",
	  "'kind':'write','letter':'X','code':55,'target':'setting',"
	  "'flag_bits':3,'writes_eeprom':false,'id':4,'value_raw':0" },
	{ "Y02",
	  "'kind':'write','letter':'X','code':55,'target':'setting',"
	  "'flag_bits':3,'writes_eeprom':false,'id':4,'value_raw':30" },
	{ "Y03",
	  "'kind':'write','letter':'X','code':55,'target':'setting',"
	  "'flag_bits':3,'writes_eeprom':false,'id':0,"
	  "'value_raw':33108" },
	{ "Y04",
	  "'kind':'write','letter':'X','code':55,'target':'ram',"
	  "'flag_bits':2,'writes_eeprom':false,'id':131,'value_raw':0" },
	{ "Y05",
	  "'kind':'write','letter':'X','code':55,'target':'ram',"
	  "'flag_bits':2,'writes_eeprom':false,'id':131,"
	  "'value_raw':64536" },
	{ "Y06",
	  "'kind':'device-state-request','letter':'W','code':14,"
	  "'argument':3" },
	{ "O01", "'kind':'raw','type':56,'data':'046C0000'" },
	{ "O02", "'kind':'raw','type':56,'data':'046E0000'" },
	{ "O03", "'kind':'raw','type':56,'data':'05000000'" },
	{ "O04", "'kind':'raw','type':63,'data':'00110000'" },
	{ "O05", "'kind':'raw','type':63,'data':'C0720000'" },
	{ "O06", "'kind':'raw','type':33,'data':'0000000000'" },
	{ "O07", "'kind':'raw','type':33,'data':'FFFFFFFF80'" },
	{ "O08", "'kind':'raw','type':33,'data':'FFFFFFFF83'" },
	{ "O09", "'kind':'raw','type':33,'data':'000000000100'" },
	{ "O10", "'kind':'raw','type':63,'data':'07000000'" },
	{ "O11", "'kind':'raw','type':63,'data':'04000000'" },
	{ "K01", "'kind':'address','action':'set','address':0" },
	{ "K02",
	  "'kind':'unit-version-low-request','letter':'W','code':5,"
	  "'data':'0000'" },
	{ "K03",
	  "'kind':'unit-version-high-request','letter':'W','code':6,"
	  "'data':'0000'" },
	{ "K04", "'kind':'ram-info-request','letter':'W','code':54,'id':4" },
	{ "K05",
	  "'kind':'ram','letter':'W','code':133,'values_raw':[65279,"
	  "23238]" },
	{ "Z01", NULL },
	{ "RS1", NULL },
	{ "RS2", NULL },
	{ "RS3", NULL },
	{ "RS4", NULL },
};

#endif
